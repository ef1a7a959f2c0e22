"""What our own part costs, always beside a floor in the same run: `python -m infra.bench`. Machines are noisy, ratios less."""
