"""CaseResult to HTML, PDF, JSON and pictures."""
