"""The OpenAPI document: what FastAPI does not know of the service."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from embcompress.serve.asked import FLOAT32_MAX
from embcompress.serve.problems import MEDIA_TYPE
from embcompress.serve.service import Service


def describe(app: FastAPI, service: Service) -> None:
    """Make an app's document say what its tables and limits are, and how it refuses.

    It is made at each use: tables may be replaced by ones of other dimensions.
    """

    def openapi() -> dict[str, Any]:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for operation in (each for path in made["paths"].values() for each in path.values()):
            _describe_operation(operation, service)
        schemas = made["components"]["schemas"]
        _describe_vector(schemas["Vector"], service)
        for name, schema in schemas.items():
            if name.endswith("Question"):
                _limit(schema["properties"], service.settings.max_batch)
        if service.settings.token is not None:
            made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            made["security"] = [{"token": []}]
        return made

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_operation(operation: dict[str, Any], service: Service) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    parameters = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", [])}
    if "table" in parameters:
        parameters["table"]["enum"] = [table.name for table in service.tables]
    if "limit" in parameters:
        parameters["limit"]["maximum"] = service.settings.max_batch


def _describe_vector(schema: dict[str, Any], service: Service) -> None:
    """Say how long vectors are: of several tables, between which lengths."""
    dims = [table.vectors.vector_size for table in service.tables]
    schema |= {"minItems": min(dims), "maxItems": max(dims)}
    schema["items"] |= {"minimum": -FLOAT32_MAX, "maximum": FLOAT32_MAX}


def _limit(properties: dict[str, Any], most: int) -> None:
    """Say how much may be asked at a time."""
    for name, schema in properties.items():
        if schema.get("type") == "array":
            schema["maxItems"] = most
        elif name == "k":
            schema["maximum"] = most
