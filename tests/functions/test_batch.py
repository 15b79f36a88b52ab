from dataclasses import dataclass, field

from functions.batch import process_batch, sqs_event
from infra.errors import ErrorCode, ReelwearError


@dataclass
class Told:
    function_name: str = "tried"
    errors: dict[str, ReelwearError] = field(default_factory=dict)

    def failed(self, message_id: str, error: ReelwearError) -> None:
        self.errors[message_id] = error


def work(body: str, attempt: int) -> None:
    if body == "outage":
        raise ReelwearError(ErrorCode.MODEL_SERVER_DOWN, "down")
    if body == "bad":
        raise ReelwearError(ErrorCode.NOT_MEDIA, "text")
    if body == "bug":
        raise ZeroDivisionError("of nothing")
    if body == "flaky" and attempt < 2:
        raise ReelwearError(ErrorCode.STORE_DOWN, "once")


def test_only_what_a_retry_can_mend_goes_back_to_the_queue() -> None:
    bodies = ["fine", "outage", "bad", "bug", "flaky", "fine"]
    answer = process_batch(sqs_event([(str(i), body, 1) for i, body in enumerate(bodies)]), None, work)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}, {"itemIdentifier": "4"}]}


def test_a_later_attempt_is_told_its_number() -> None:
    assert process_batch(sqs_event([("a", "flaky", 2)]), None, work) == {"batchItemFailures": []}


def test_a_host_that_asks_is_told_every_reason() -> None:
    told = Told()
    process_batch(sqs_event([("a", "bad", 1), ("b", "bug", 1), ("c", "fine", 1)]), told, work)
    assert {key: error.code for key, error in told.errors.items()} == {
        "a": ErrorCode.NOT_MEDIA,
        "b": ErrorCode.INTERNAL,
    }
    assert told.errors["b"].message == "ZeroDivisionError: of nothing"
