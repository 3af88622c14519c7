"""cart: what guests and customers mean to buy.

The truth is in Valkey, with its append-only file on and synced every second: a crash of the server's machine loses at
most the last second or two of changes, so a customer may have to add an item again. Nothing that costs money rests on
a cart: an order copies its lines, prices and quantities before anything is paid.
"""
