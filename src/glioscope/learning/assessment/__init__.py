"""Finished runs, judged on the patients that they kept aside, and compared with each other."""
