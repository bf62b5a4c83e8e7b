"""Invoices and Stars: selling, the checkout question, the payment, the list of transactions, refunds."""

from collections.abc import Iterable
from dataclasses import replace

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.conversation import Conversation
from tokenfilter.adapters.sandbox.deeds import Transaction
from tokenfilter.adapters.sandbox.errors import BrowserError, bad_request
from tokenfilter.adapters.sandbox.message import Invoice, Payment, Person
from tokenfilter.adapters.sandbox.noted_lines import line_of, values_of
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.posting import Posting
from tokenfilter.adapters.sandbox.queries import CheckoutAnswer, Checkouts
from tokenfilter.adapters.sandbox.rendering import Wire, message_wire, person_wire
from tokenfilter.adapters.sandbox.text_entities import units
from tokenfilter.adapters.sandbox.updates import UpdateQueue

SUBSCRIPTION_SECONDS = 2_592_000
"""The one period Telegram allows: 30 days (Telegram Bot API, createInvoiceLink)."""

MAX_STARS = 10_000
"""Highest price in Stars (Telegram Bot API, createInvoiceLink)."""

KEPT = 10_000


def _price(parameters: Parameters) -> int:
    value = parameters.parsed("prices", otherwise="can't parse prices JSON object")
    if not isinstance(value, list):
        raise bad_request("expected an Array of labeled prices")
    if not value:
        raise bad_request("there must be at least one price")
    if len(value) != 1:
        raise bad_request("STARS_INVOICE_INVALID")
    price = value[0]
    if not isinstance(price, dict):
        raise bad_request("can't parse labeled price: LabeledPrice must be an Object")
    label, amount = price.get("label"), price.get("amount")
    if not isinstance(label, str) or not label:
        raise bad_request("can't parse labeled price: LabeledPrice label must be non-empty")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise bad_request('can\'t parse labeled price: Field "amount" must be of type Number or String')
    if not 1 <= amount <= MAX_STARS:
        raise bad_request("STARS_INVOICE_INVALID")
    return amount


def invoice_of(parameters: Parameters) -> Invoice:
    """The invoice a bot describes; Stars only.

    Raises:
        ApiError: a field is missing, too long, or not allowed for Stars.
    """
    title, description = parameters.required("title"), parameters.required("description")
    payload, currency = parameters.required("payload"), parameters.required("currency")
    if units(title) > 32:
        raise bad_request("INVOICE_TITLE_INVALID")
    if units(description) > 255:
        raise bad_request("INVOICE_DESCRIPTION_INVALID")
    if len(payload.encode()) > 128:
        raise bad_request("INVOICE_PAYLOAD_INVALID")
    if currency != "XTR":
        raise bad_request("CURRENCY_INVALID" if len(currency) != 3 else "PAYMENT_PROVIDER_INVALID")
    if parameters.text("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    period = parameters.integer("subscription_period")
    if period not in (0, SUBSCRIPTION_SECONDS):
        raise bad_request("SUBSCRIPTION_PERIOD_INVALID")
    return Invoice(
        title=title,
        description=description,
        currency=currency,
        total=_price(parameters),
        payload=payload,
        start_parameter=parameters.text("start_parameter"),
        period=period,
    )


class Payments:
    """The Bot API methods about payments, and what a person does to pay."""

    def __init__(self, posting: Posting, *, updates: UpdateQueue, checkouts: Checkouts, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._posting = posting
        self._conversation: Conversation = posting.conversation
        self._world = posting.conversation.world
        self._updates = updates
        self._checkouts = checkouts
        self._links: dict[str, Invoice] = {}
        self._payments: dict[str, tuple[int, Payment]] = {}
        self._transactions: list[Transaction] = []
        chronicle.keep(self._told, link=self._take_link, paid=self._take_paid, stars=self._take_stars)

    def send_invoice(self, parameters: Parameters) -> object:
        invoice = replace(invoice_of(parameters), period=0)
        return message_wire(self._posting.send(parameters, invoice), self._world)

    def create_invoice_link(self, parameters: Parameters) -> object:
        invoice = invoice_of(parameters)
        if len(self._links) >= KEPT:
            del self._links[next(iter(self._links))]
        link = f"https://t.me/$sandbox{len(self._links) + 1}"
        self._links[link] = invoice
        self._chronicle.note("link", link, invoice)
        return link

    def answer_pre_checkout_query(self, parameters: Parameters) -> object:
        agreed = parameters.boolean("ok")
        message = parameters.text("error_message")
        if not agreed and not message:
            raise bad_request("error message must be non-empty")
        answer = CheckoutAnswer(refusal=None if agreed else message)
        self._checkouts.take(parameters.text("pre_checkout_query_id"), answer)
        return True

    def get_star_transactions(self, parameters: Parameters) -> object:
        offset = parameters.integer("offset", low=0)
        limit = parameters.integer("limit", default=100, low=1, high=100)
        return {"transactions": [self._wire(found) for found in self._transactions[offset : offset + limit]]}

    def _wire(self, transaction: Transaction) -> Wire:
        partner: Wire = {
            "type": "user",
            "transaction_type": "invoice_payment",
            "user": person_wire(self._world.people[transaction.person_id]),
            "invoice_payload": transaction.invoice.payload,
        }
        if transaction.invoice.period:
            partner["subscription_period"] = transaction.invoice.period
        return {
            "id": transaction.id,
            "amount": transaction.amount,
            "date": transaction.date,
            "source" if transaction.incoming else "receiver": partner,
        }

    def refund_star_payment(self, parameters: Parameters) -> object:
        user_id = parameters.integer("user_id")
        if user_id <= 0:
            raise bad_request("invalid user_id specified")
        charge_id = parameters.text("telegram_payment_charge_id")
        if not charge_id:
            raise bad_request("CHARGE_ID_EMPTY")
        payer, payment = self._payments.get(charge_id, (0, None))
        if payment is None or payer != user_id:
            raise bad_request("CHARGE_NOT_FOUND")
        if payment.refunded:
            raise bad_request("CHARGE_ALREADY_REFUNDED")
        refunded = replace(payment, refunded=True)
        self._pay(charge_id, payer, refunded)
        self._note(charge_id, payment.invoice, person_id=payer, incoming=False)
        self._conversation.post(self._world.chats[payer], refunded, sender=payer)
        return True

    def _pay(self, charge_id: str, payer: int, payment: Payment) -> None:
        self._payments[charge_id] = (payer, payment)
        self._chronicle.note("paid", charge_id, payer, payment)

    def _note(self, charge_id: str, invoice: Invoice, *, person_id: int, incoming: bool) -> None:
        transaction = Transaction(
            id=charge_id,
            amount=invoice.total,
            date=self._world.now(),
            person_id=person_id,
            invoice=invoice,
            incoming=incoming,
        )
        self._add(transaction)
        self._chronicle.note("stars", transaction)

    def _add(self, transaction: Transaction) -> None:
        if len(self._transactions) >= KEPT:
            del self._transactions[0]
        self._transactions.append(transaction)

    def _told(self) -> Iterable[str]:
        yield from (line_of("link", link, invoice) for link, invoice in self._links.items())
        yield from (line_of("paid", charge_id, *paid) for charge_id, paid in self._payments.items())
        yield from (line_of("stars", transaction) for transaction in self._transactions)

    def _take_link(self, line: str) -> None:
        link, invoice = values_of(line)
        self._links[link] = invoice

    def _take_paid(self, line: str) -> None:
        charge_id, payer, payment = values_of(line)
        self._payments[charge_id] = (payer, payment)

    def _take_stars(self, line: str) -> None:
        (transaction,) = values_of(line)
        self._add(transaction)

    def invoice_at(self, chat_id: int, message_id: int) -> Invoice:
        """The invoice shown in a message.

        Raises:
            BrowserError: there is none.
        """
        message = self._world.message(chat_id, message_id)
        if message is None or not isinstance(message.content, Invoice):
            raise BrowserError("no such invoice")
        return message.content

    def invoice_behind(self, link: str) -> Invoice:
        """The invoice behind a link; BrowserError if there is none."""
        if link not in self._links:
            raise BrowserError("no such invoice")
        return self._links[link]

    async def pay(self, person: Person, invoice: Invoice) -> Wire:
        """Ask the bot, and if it agrees in time, pay: the bot then gets the `successful_payment` message."""
        query_id = self._checkouts.add()
        self._updates.push(
            "pre_checkout_query",
            {
                "id": query_id,
                "from": person_wire(person),
                "currency": invoice.currency,
                "total_amount": invoice.total,
                "invoice_payload": invoice.payload,
            },
        )
        answer = await self._checkouts.answer_to(query_id)
        if answer is None:
            return {"ok": False, "error": "the bot did not answer in time"}
        if answer.refusal is not None:
            return {"ok": False, "error": answer.refusal}
        charge_id = f"stxSandbox{len(self._payments) + 1:06d}"
        paid_before = any(
            payer == person.id and payment.invoice.payload == invoice.payload
            for payer, payment in self._payments.values()
        )
        payment = Payment(
            invoice=invoice,
            charge_id=charge_id,
            until=self._world.now() + invoice.period if invoice.period else None,
            first=not paid_before,
        )
        self._pay(charge_id, person.id, payment)
        self._note(charge_id, invoice, person_id=person.id, incoming=True)
        self._conversation.post(self._world.chats[person.id], payment, sender=person.id)
        return {"ok": True, "charge_id": charge_id}
