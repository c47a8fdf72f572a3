"""A failed retrain in `pipeline_health`: no table changes, and the views are made again from code."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing but the views, which every upgrade makes again."""
