"""Whether a part of the stack answers over HTTP."""

import httpx

from infra.local.part import NotReady

ANSWER_TIMEOUT_S = 5.0
SHOWN_CHARACTERS = 200


def check_answer(url: str, token: str = "") -> None:
    """Ask once, with the bearer token if there is one; raises `NotReady` unless it answers 200 within five seconds."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.get(url, headers=headers, timeout=ANSWER_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as problem:
        raise NotReady(f"{url} does not answer: {problem or type(problem).__name__}") from problem
    if answer.status_code != httpx.codes.OK:
        raise NotReady(f"{url} answers {answer.status_code}: {answer.text[:SHOWN_CHARACTERS].strip()}")
