"""Answers: what the service said, read so that a newer service can say more than this agent knows."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from latency_service.contract.errors import AgentTooOld, InvalidInput

log = structlog.get_logger()

Answer = TypeVar("Answer", bound=BaseModel)
Location = tuple[int | str, ...]

#: What is inside these says how to measure. Whoever ignores a part of it measures something else.
_TO_THE_LETTER = {"conditions", "workload"}


def read_answer(content: bytes, answer: type[Answer]) -> Answer:
    """Return the message that the service sent; members that this agent does not know are left out.

    Raises:
        AgentTooOld: The service lends work that this agent does not understand.
        ValidationError: It is no such message.
    """
    try:
        return answer.model_validate_json(content)
    except InvalidInput as error:
        raise _too_old(str(error)) from None
    except ValidationError as error:
        wrong = error.errors()
        _check_that_all_work_is_known(wrong)
        unknown = [detail["loc"] for detail in wrong if detail["type"] == "extra_forbidden"]
        if len(unknown) < len(wrong):
            raise
    log.info("the service says more than this agent knows", answer=answer.__name__, ignored=list(map(_text, unknown)))
    document = json.loads(content)
    for location in unknown:
        _remove(document, location)
    return answer.model_validate_json(json.dumps(document))


def _check_that_all_work_is_known(wrong: Sequence[ErrorDetails]) -> None:
    for detail in wrong:
        if _TO_THE_LETTER & set(detail["loc"][:-1]):
            raise _too_old(f"{_text(detail['loc'])}: {detail['msg']}")


def _too_old(reason: str) -> AgentTooOld:
    return AgentTooOld(f"the service lends work that this agent does not know ({reason}); upgrade the agent")


def _remove(document: Any, location: Location) -> None:
    *parents, name = location
    for parent in parents:
        document = document[parent]
    del document[name]


def _text(location: Location) -> str:
    return ".".join(map(str, location))
