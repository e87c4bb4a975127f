"""Messages between processes: mailboxes with tags over the fabric."""

from simulator.transport.mailbox import Mailbox, Message
from simulator.transport.transport import Transport

__all__ = ['Mailbox', 'Message', 'Transport']
