using Akka.Actor.Setup;

namespace DmIo.Actors.Configuration;

/// <summary>A setup of the actor system, for a look at configured devices: its service creates nothing. A file that
/// <c>create-size</c> would create counts as missing, no missing device is retried, and there is no monitor
/// socket.</summary>
internal sealed class InspectionSetup : Setup;
