// Marks what never leaves this process.

#pragma warning disable CA1040 // Akka.NET's marker: being it is all that it says.

namespace Akka.Actor;

/// <summary>A message that stays in this process, so that no serializer needs to know it.</summary>
public interface INoSerializationVerificationNeeded;
