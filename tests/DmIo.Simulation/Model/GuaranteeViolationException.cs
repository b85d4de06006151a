namespace DmIo.Simulation;

/// <summary>The service violated a guarantee.</summary>
public sealed class GuaranteeViolationException(string message) : Exception(message);
