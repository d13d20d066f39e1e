"""CaseResult and tested facts to a plan: rules that cite their sources, retrieval, wording."""
