"""Only observed series count in `pipeline_health`: no table changes, and the views are made again from code."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nothing but the views, which every upgrade makes again."""
