"""Who is spoken to, and how: nodes, DICOMweb, TLS, logins."""
