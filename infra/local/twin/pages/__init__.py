"""The pages a person sees: the portal, its login, the hosted invoice, the bank's confirmation.

Handlers take the core and a form and return plain facts (`View`) or an address (`Redirect`); templates/ turns facts into HTML.
"""
