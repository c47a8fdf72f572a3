"""The pages, each a function that Streamlit calls at every click. (A folder `pages` would be taken for its own.)"""
