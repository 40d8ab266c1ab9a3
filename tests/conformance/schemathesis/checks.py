"""Checks of our own, where GitLab's API is stricter or looser than schemathesis expects of an API."""

import re

import schemathesis
from schemathesis import GenerationMode

STATE = re.compile(
    r"Name has already been taken|only two active tokens at a time|URL configuration already exists"
    # Whether a text is a certificate, a key or a host is more than a schema can say.
    r"|must be a valid (PEM certificate|PEM private key|hostname!)"
)


def answer(response):
    return response.content.decode("utf-8", "replace")


@schemathesis.check
def refused_for_its_state_alone(ctx, response, case):
    """What the description allows is refused only for what the description cannot tell."""
    if response.status_code != 400 or case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    # A NUL character is refused before anything looks at it.
    if not STATE.search(answer(response)) and answer(response) != "Bad Request":
        raise AssertionError(f"The description allows this request, and the answer is {answer(response)}")


@schemathesis.check
def taken_for_its_text_alone(ctx, response, case):
    """What the description forbids is taken only where a number or a boolean stands for a text, or null for nothing."""
    if response.status_code != 201 or case.meta is None or case.meta.generation.mode != GenerationMode.NEGATIVE:
        return
    body = next((info for part, info in case.meta.components.items() if part == "body"), None)
    if body is None or body.mode != GenerationMode.NEGATIVE:
        return
    values = case.body.values() if isinstance(case.body, dict) else []
    if not any(value is None or isinstance(value, (bool, int, float)) for value in values):
        raise AssertionError(f"The description forbids this body, and the answer is {answer(response)}")
