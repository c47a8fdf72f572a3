"""The readers' views, over published live runs: rendered by pure functions, made again at every migration."""

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import InternalError

from tsflow.errors import StoreError
from tsflow.store.views.forecasts import forecast_accuracy, forecast_history, latest_forecasts, published_forecasts
from tsflow.store.views.health import WELL, pipeline_health
from tsflow.store.views.monitoring import accuracy_by_lead, monitoring
from tsflow.store.views.pipelines import champions, data_quality, leaderboard
from tsflow.store.views.view import Sql, View

__all__ = ["WELL", "View", "create_views", "drop_views", "published_forecasts", "views"]

_VIEWS = (
    latest_forecasts,
    forecast_history,
    forecast_accuracy,
    accuracy_by_lead,
    monitoring,
    leaderboard,
    champions,
    data_quality,
    pipeline_health,
)


def views(dialect: str) -> list[View]:
    """Every view as it is on a database: "sqlite" or "postgresql"."""
    return [render(Sql(dialect)) for render in _VIEWS]


def create_views(connection: Connection) -> None:
    """Make every view; PostgreSQL also gets the comments, for which SQLite has no place."""
    dialect = connection.dialect.name
    for view in views(dialect):
        connection.exec_driver_sql(f"CREATE VIEW {view.name} AS\n{view.select()}")
        if dialect == "postgresql":
            connection.execute(text(f"COMMENT ON VIEW {view.name} IS {_quoted(view.comment)}"))
            for name, (_, comment) in view.columns.items():
                connection.execute(text(f"COMMENT ON COLUMN {view.name}.{name} IS {_quoted(comment)}"))


def drop_views(connection: Connection) -> None:
    """Drop those of our views that are there; a reader's own views are left alone.

    Raises:
        StoreError: If a reader's own view is made of one of ours, which stops PostgreSQL.
    """
    there = set(inspect(connection).get_view_names())
    for view in views(connection.dialect.name):
        if view.name in there:
            try:
                connection.execute(text(f"DROP VIEW {view.name}"))
            except InternalError as error:
                raise StoreError(f"{error.orig}; drop the views made of it, upgrade, then make them again") from None


def rights(connection: Connection) -> list[str]:
    """Who may do what with our views, as the statements that grant it again to the views that take their place."""
    if connection.dialect.name == "sqlite":
        return []
    granted = text("""
        SELECT format('GRANT %s ON %I TO ', privilege_type, table_name)
            || CASE grantee WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(grantee) END
        FROM information_schema.table_privileges
        WHERE table_schema = current_schema() AND table_name = ANY(:names) AND grantee <> current_user
    """)
    return list(connection.scalars(granted, {"names": [view.name for view in views("postgresql")]}))


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''").replace(":", "\\:") + "'"
