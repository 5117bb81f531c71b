"""The audit log: who did what, when, how it ended; a chain in which every change shows."""

from datalayer.access.audit.chain import Break, Verdict
from datalayer.access.audit.log import UNREADABLE, AuditEntry, AuditLog, Detail

__all__ = ["UNREADABLE", "AuditEntry", "AuditLog", "Break", "Detail", "Verdict"]
