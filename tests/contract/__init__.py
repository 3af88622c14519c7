"""The contracts: their rules, their gates, and the document made from them."""
