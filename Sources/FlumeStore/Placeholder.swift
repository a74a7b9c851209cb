// Placeholder until the first file of FlumeStore lands.
