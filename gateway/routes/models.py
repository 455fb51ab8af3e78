"""`GET /v1/models`: what can be said for `voice.model`. It holds no secret, and anybody may ask."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from gateway.routes.answers import answer
from gateway.upstreams.t2a import offer


def model_routes() -> APIRouter:
    router = APIRouter()
    body = told()

    @router.get("/v1/models")
    async def models() -> Response:
        return answer(body)

    return router


def told() -> dict[str, Any]:
    """The table, and what its two names stand for where a voice asks for nothing special. Rate limits are the
    account's, whatever the model.
    """
    models = [
        {"model": name, **row, "interjections": sorted(offer.interjections(name))}
        for name, row in offer.TABLE["models"].items()
    ]
    choices = {name: offer.of_size(size)[0] for name, size in offer.CHOICES.items()}
    about = ("longest_asynchronous_text", "rate_limits", "as_of", "sources")
    return {**choices, "models": models, **{name: offer.TABLE[name] for name in about}}
