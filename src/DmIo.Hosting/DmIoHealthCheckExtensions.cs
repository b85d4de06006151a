using Akka.Hosting;
using DmIo.Hosting.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting;

/// <summary>
/// Health checks of the service for Akka.Hosting: they are added to the actor system, and run by the health check
/// service of the host (<c>builder.Services.AddHealthChecks()</c>).
/// </summary>
public static class DmIoHealthCheckExtensions
{
    private static readonly string[] LivenessTags = ["akka", "dmio", "liveness"];
    private static readonly string[] ReadinessTags = ["akka", "dmio", "readiness"];

    /// <summary>Check <c>dmio.liveness</c>: the supervisor answers within 5 s.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="failureStatus">The status if the supervisor does not answer; null: unhealthy.</param>
    /// <param name="tags">The tags of the check; null: akka, dmio, liveness.</param>
    public static AkkaConfigurationBuilder WithDmIoLivenessCheck(
        this AkkaConfigurationBuilder builder, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithHealthCheck(
            "dmio.liveness", new DmIoLivenessCheck(), failureStatus, tags ?? LivenessTags);
    }

    /// <summary>
    /// Check <c>dmio.volumes</c>, by the state of each open volume: Healthy and Recovering are healthy, Degraded is
    /// degraded, all others are unhealthy, and so is a volume of <c>dmio.volumes</c> that is not open. The data of the
    /// result contains the state of each volume and of its legs, by the name of the volume.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="failureStatus">The status to report instead of unhealthy; null: unhealthy.</param>
    /// <param name="tags">The tags of the check; null: akka, dmio, readiness.</param>
    public static AkkaConfigurationBuilder WithDmIoVolumesCheck(
        this AkkaConfigurationBuilder builder, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithHealthCheck(
            "dmio.volumes", new DmIoVolumesCheck(), failureStatus, tags ?? ReadinessTags);
    }

    /// <summary>
    /// Check <c>dmio.readiness</c>, by the age of each device's oldest operation in flight: older than
    /// <c>slow-after</c> (1 s) is degraded; older than <c>unhealthy-after</c> (10 s) is unhealthy, and so is a failed
    /// device; a missing device (<c>on-missing</c>) is degraded. The data of the result contains the state and the age
    /// of each device, by name.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="failureStatus">The status to report instead of unhealthy; null: unhealthy.</param>
    /// <param name="tags">The tags of the check; null: akka, dmio, readiness.</param>
    public static AkkaConfigurationBuilder WithDmIoReadinessCheck(
        this AkkaConfigurationBuilder builder, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithHealthCheck(
            "dmio.readiness", new DmIoReadinessCheck(), failureStatus, tags ?? ReadinessTags);
    }
}
