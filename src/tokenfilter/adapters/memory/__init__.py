"""Every port in this process's memory: for tests, for studying the domain, and for a first look without servers."""
