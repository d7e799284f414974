"""A table that a service holds, read as if it were here (extra ``client``)."""

from __future__ import annotations

from embcompress.client._connection import Connection
from embcompress.client._table import RemoteTable
from embcompress.client._vectors import RemoteVectors
from embcompress.errors import UsageError


def connect(
    url: str, table: str | None = None, *, token: str | None = None, timeout: float = 30.0, retries: int = 3
) -> RemoteVectors:
    """Ask a service instead of a file.

    Parameters
    ----------
    url : str
        Where ``embcompress serve`` listens: ``http://127.0.0.1:8080``.
    table : str, optional
        Name of a table; may be left out where there is one.
    token : str, optional
        What the service was given as its token.
    timeout : float
        Seconds for each part of a request.
    retries : int
        How often a request is made again where the network fails or the service is overloaded.

    Returns
    -------
    RemoteVectors

    Raises
    ------
    MissingPackageError
        If httpx is not installed.
    ServiceError
        If the service cannot be reached, or refuses the token.
    UsageError
        If there is no such table, several and none was named, or `url` is no address.
    """
    connection = Connection(url, token, timeout, retries)
    try:
        service = connection.get("/v1/tables")
        names = [each["name"] for each in service["tables"]]
        if table is None and len(names) > 1:
            raise UsageError(f"{url} has several tables, name one: {', '.join(names)}")
        name = names[0] if table is None else table
        if name not in names:
            raise UsageError(f"{url} has no table {name!r}; tables: {', '.join(names)}")
        return RemoteVectors(RemoteTable(connection, name, service))
    except BaseException:
        connection.close()
        raise
