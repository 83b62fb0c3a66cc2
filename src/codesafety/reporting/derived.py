"""What a finding rests on of medicines that no source states: derived from names, or read from the name that was sent.

Such a finding is never more than review. A medicine that bears a code of the set itself is in it by its own code; one whose
route was sent has that route: neither is derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import Application
from codesafety.plain import parts_of
from codesafety.terminology.interface import INGREDIENTS, PRODUCT

_OF_PRODUCTS = {"route": INGREDIENTS, "form": INGREDIENTS, "strength": INGREDIENTS, "ingredients": INGREDIENTS}


Asked = Mapping[ir.Var, Set[str]]
"""What is asked of each variable's product: PRODUCT, INGREDIENTS, a field of it, or a set in which it may be."""


def derived(asked: Asked, group: Sequence[Application], facts: Facts, binding: Binding) -> tuple[str, ...]:
    """Return a rule's names of the medicines of whose product it uses what is derived, in their order. `asked`: what it asks.

    A quantifier looks at every medicine, and what it did not count may be as derived as what it did.
    """
    found: dict[str, None] = {}
    bound: dict[int, Sequence[object]] = {0: [a.subject for a in group], 1: [a.partner for a in group]}
    for var, whats in asked.items():
        items: Iterable[object] = bound.get(var.slot, facts.items)
        if any(_is_derived(item, what, binding) for item in items if isinstance(item, ItemFact) for what in whats):
            found[var.name] = None
    return tuple(found)


def asked_of_products(rule: ir.Rule) -> Asked:
    """Return what a rule asks of the products of medicines."""
    asked: dict[ir.Var, set[str]] = defaultdict(set)
    for node in parts_of((rule.trigger, rule.when)):
        match node:
            case ir.Var(kind=ir.Kind.MEDICATION, set=str(name)):
                asked[node].add(name)
            case ir.InSet(operand=ir.Var(kind=ir.Kind.MEDICATION) as var, set=name):
                asked[var].add(name)
            case ir.SameProduct(left, right):
                for var in (left, right):
                    asked[var].add(PRODUCT)
            case ir.SharesIngredient(left, right) | ir.SameIngredients(left, right):
                for var in (left, right):
                    asked[var].add(INGREDIENTS)
            case ir.Field(name=name, var=ir.Var(kind=ir.Kind.MEDICATION) as var) if name in _OF_PRODUCTS:
                asked[var].add(name)
            case _:
                pass
    return asked


def _is_derived(item: ItemFact, what: str, binding: Binding) -> bool:
    product = item.product
    if product is None or item.is_entry:
        return False
    if what in (PRODUCT, INGREDIENTS):
        return what in product.derived
    if what in _OF_PRODUCTS:
        return INGREDIENTS in product.derived and not getattr(item.model, what, None)
    members = binding.sets[what].members
    return bool(product.derived) and not any(info.keys[:1] and info.keys[0] in members for info in item.infos)
