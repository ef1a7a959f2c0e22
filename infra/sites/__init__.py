"""The merchant's sites as code: infra/sites/*.yaml, held against a table, and stored in the deployment's table."""
