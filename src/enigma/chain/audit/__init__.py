"""Everything about one job that can be proven from the chain alone, and what cannot."""

from enigma.chain.audit.auditing import audit
from enigma.chain.audit.findings import Audit, Evidence, Finding, Section, Verdict

__all__ = ["Audit", "Evidence", "Finding", "Section", "Verdict", "audit"]
