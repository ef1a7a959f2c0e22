"""Every page of ours as something to look at: `python -m infra.pages preview`."""
