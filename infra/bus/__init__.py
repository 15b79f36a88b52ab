"""The bus: messages that are stored before they count as sent, and queues that hand each one out until it is done."""

from infra.bus.bus import Bus
from infra.bus.messages import DeadLetter, Delivery, Message, Queue

__all__ = ["Bus", "DeadLetter", "Delivery", "Message", "Queue"]
