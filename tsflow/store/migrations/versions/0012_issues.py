"""An issue once in `forecast_history`: no table changes, and the views are made again from code."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nothing but the views, which every upgrade makes again."""
