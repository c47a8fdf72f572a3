"""A forecast that is over in `pipeline_health`: no table changes, and the views are made again from code."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing but the views, which every upgrade makes again."""
