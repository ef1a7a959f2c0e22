"""The value that is kept of each kind of Stripe's objects."""

from typing import Any

from chalicelib.core.catalogue import Coupon, Price
from chalicelib.core.model import Card, Customer, Entitlements, Invoice, Kind, Product, Subscription
from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent, Refund
from chalicelib.core.schedules import Schedule

OfCustomer = Customer | Subscription | Schedule | Invoice | Card | Entitlements
OfPayment = PaymentIntent | Charge | Refund | Dispute | InvoicePayment
OfCatalogue = Product | Price | Coupon
Record = OfCustomer | OfPayment | OfCatalogue

TYPES: dict[Kind, type[Any]] = {
    Kind.CUSTOMER: Customer,
    Kind.SUBSCRIPTION: Subscription,
    Kind.SCHEDULE: Schedule,
    Kind.INVOICE: Invoice,
    Kind.CARD: Card,
    Kind.ENTITLEMENTS: Entitlements,
    Kind.INTENT: PaymentIntent,
    Kind.CHARGE: Charge,
    Kind.REFUND: Refund,
    Kind.DISPUTE: Dispute,
    Kind.INVOICE_PAYMENT: InvoicePayment,
    Kind.PRODUCT: Product,
    Kind.PRICE: Price,
    Kind.COUPON: Coupon,
}
