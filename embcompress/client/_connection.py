"""Requests to a service, made again where the network failed, and its refusals as our exceptions."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from embcompress.arrays import Floats
from embcompress.errors import EmbcompressError, MissingPackageError, ServiceError, UnknownWordError, UsageError

if TYPE_CHECKING:
    import httpx

TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Answers that say that another time it may work."""

FIRST_PAUSE = 0.1
"""Seconds before the second try; before each further one, twice as long."""


class Connection:
    """A service.

    Parameters
    ----------
    url : str
    token : str, optional
    timeout : float
        Seconds for each part of a request.
    retries : int
        How often a request is made again.
    """

    def __init__(self, url: str, token: str | None, timeout: float, retries: int) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingPackageError("connect needs httpx: pip install 'embcompress[client]'") from None
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=timeout)
        except (httpx.InvalidURL, TypeError) as error:
            raise UsageError(f"{url!r} is no address: {error}") from None
        self._url = url
        self._retries = retries

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self._answer("GET", path, None, "application/json").json()

    def post(self, path: str, question: dict[str, Any]) -> Any:
        """The JSON that answers a question."""
        return self._answer("POST", path, question, "application/json").json()

    def numbers(self, path: str, question: dict[str, Any] | None = None) -> Floats:
        """The float32 numbers at a path, or those that answer a question, one after the other."""
        method = "GET" if question is None else "POST"
        answer = self._answer(method, path, question, "application/octet-stream")
        return np.frombuffer(answer.content, dtype="<f4").astype(np.float32)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _answer(self, method: str, path: str, question: dict[str, Any] | None, accept: str) -> httpx.Response:
        headers = {"accept": accept}
        content = None
        if question is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(question).encode("ascii")  # with lone surrogates escaped
        for pause in (*(FIRST_PAUSE * 2**tried for tried in range(self._retries)), None):
            response = self._tried(method, path, content, headers, last=pause is None)
            if response is not None:
                return response
            time.sleep((pause or 0.0) * random.uniform(0.5, 1.5))  # so that not all clients come back at once
        raise AssertionError("the last try answers or raises")

    def _tried(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], *, last: bool
    ) -> httpx.Response | None:
        """The answer; None where it is worth another try, unless this is the last."""
        import httpx

        try:
            response = self._client.request(method, path, content=content, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise UsageError(f"{self._url}{path:.60} is no address of a service: {error}") from None
        except httpx.TransportError as error:  # every question may be asked twice: nothing is changed by it
            if last:
                raise ServiceError(f"cannot reach {self._url}: {error or type(error).__name__}") from None
            return None
        if response.status_code in TRY_AGAIN and not last:
            return None
        if response.is_success:
            return response
        raise self._refusal(response)

    def _refusal(self, response: httpx.Response) -> EmbcompressError:
        try:
            problem = dict(response.json())
        except ValueError:
            return ServiceError(f"{self._url} answered {response.status_code}, and it is no service of embcompress")
        detail = str(problem.get("detail"))
        if problem.get("type") == "urn:embcompress:unknown-word":
            return UnknownWordError(problem["words"], problem["suggestions"])
        if response.status_code in (400, 404, 413, 422):
            return UsageError(detail)
        return ServiceError(f"{self._url} answered {response.status_code}: {detail}")
