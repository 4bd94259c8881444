"""One job on one page, for a data-protection officer: read from the chain and the contract's source, from no seat."""

from enigma.client.report.job_report import Deletion, JobReport
from enigma.client.report.reading import job_report

__all__ = ["Deletion", "JobReport", "job_report"]
