"""Every mail of ours as something to look at: `python -m infra.mails preview`."""
