// Placeholder until the first file of FlumeWire lands.
