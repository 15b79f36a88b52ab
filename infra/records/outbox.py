"""Events that wait in the transaction's own table until the bus has acknowledged them."""

from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.records.store import Records
from infra.records.tables import OutboxMessage


def emit(session: Session, records: Records, topic: str, body: str) -> None:
    """Let an event leave if, and only if, this transaction commits."""
    session.add(OutboxMessage(message_id=uuid4().hex, topic=topic, body=body, created_at=records.now()))


def waiting(records: Records, limit: int = 100) -> list[OutboxMessage]:
    """The oldest events that have not left, in the order in which they became true."""
    with records.transaction() as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id).limit(limit)))


def sent(records: Records, ids: list[int]) -> None:
    """Forget events that the bus has acknowledged."""
    with records.transaction() as session:
        session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(ids)))
