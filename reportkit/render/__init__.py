"""From an executed notebook to HTML, PDF and e-mail. Knows blocks and facts; knows nothing of any measure."""
