"""notify: messages to customers and their deliveries.

One delivery row and one Message-ID per (event, template, recipient). A second copy is possible only where a kill fell
between the mail server's acceptance and our record of it; it carries the same Message-ID, and it is counted.
"""
