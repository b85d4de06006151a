// Marks what may well arrive after its recipient's end.

#pragma warning disable CA1040 // Akka.NET's marker: being it is all that it says.

namespace Akka.Event;

/// <summary>A message that is not worth a log line when it becomes a dead letter.</summary>
public interface IDeadLetterSuppression;
