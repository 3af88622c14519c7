"""What issuing and rendering invoices costs."""
