"""A stage ended: once nothing more is to come, store the result document and say so."""

from functools import partial
from hashlib import sha256

from functions import runs
from functions.batch import BatchResponse, Context, SqsEvent, process_batch
from functions.document import ResultDocument
from functions.events import VIDEO_PUBLISHED, RunEvent, run_event
from functions.keys import result_key
from functions.results import document_of, state_of
from functions.services import Services, lambda_services
from infra.records.outbox import emit
from infra.records.tables import Run


def handler(event: SqsEvent, context: Context | None = None, services: Services | None = None) -> BatchResponse:
    """Lambda's entry: a batch of runs of which a stage ended."""
    return process_batch(event, context, partial(publish_run, services or lambda_services()))


def publish_run(services: Services, body: str, attempt: int) -> None:
    """Publish a run whose other stages have all ended; a run that is not so far is left alone."""
    event = run_event(body)
    if not is_complete(services, event.run_id):
        return
    claim = runs.claim(services.records, event.run_id, "publish", again=True)
    if claim is None:
        return
    with runs.recording(services.records, claim, attempt, services.settings.bus):
        try:
            publish(services, claim)
        except runs.SupersededError:
            # Another publisher may have stored its document before this one did: the last word is said anew.
            publish_run(services, body, attempt)


def is_complete(services: Services, run_id: str) -> bool:
    """Whether a run has come to its end, good or bad."""
    with services.records.transaction() as session:
        stages = runs.stages_of(session, run_id)
        return bool(stages) and state_of(stages) != "processing"


def publish(services: Services, claim: runs.Claim) -> None:
    """Store the document, then set the run's state; the event leaves once for each different document."""
    document = compose(services, claim.run_id)
    if document is None:
        return
    services.bucket.put(result_key(claim.video_id), written(document), "application/json")
    digest = digest_of(document)
    with runs.finishing(services.records, claim) as session:
        run = session.get_one(Run, claim.run_id)
        if run.result_digest != digest:
            emit(session, services.records, VIDEO_PUBLISHED, RunEvent(claim.run_id, claim.video_id, "publish").body())
        run.state, run.result_digest, run.finished_at = document.state, digest, services.records.now()


def written(document: ResultDocument) -> bytes:
    """The document as it is stored."""
    return document.model_dump_json(indent=1).encode()


def digest_of(document: ResultDocument) -> str:
    """By what a run remembers which document it published."""
    return sha256(written(document)).hexdigest()


def compose(services: Services, run_id: str) -> ResultDocument | None:
    """The document to publish; None where its video was removed meanwhile."""
    with services.records.transaction() as session:
        run = session.get(Run, run_id)
        return document_of(session, run, is_published=True) if run else None
