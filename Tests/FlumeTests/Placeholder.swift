// Placeholder until the first file of FlumeTests lands.
