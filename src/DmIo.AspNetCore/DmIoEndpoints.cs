using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.AspNetCore.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace DmIo.AspNetCore;

/// <summary>The status endpoint of the service.</summary>
public static class DmIoEndpoints
{
    /// <summary>The prefix of all paths. A version with other documents has another number.</summary>
    public const string Prefix = "/dmio/v1";

    /// <summary>
    /// Maps the status of the service (<see cref="DmIoService"/>) of the actor system in the application's services:
    /// <c>GET</c> of <c>statistics</c>, <c>devices</c>, <c>leases</c>, <c>volumes</c>, <c>volumes/NAME</c> and
    /// <c>health</c> below <see cref="Prefix"/>, as JSON; and, with
    /// <see cref="DmIoEndpointOptions.AllowOperations"/>, <c>POST</c> of <c>volumes/NAME/verify</c>, <c>resync</c>,
    /// <c>add-leg</c>, <c>add-witness</c>, <c>replace-leg</c>, <c>remove-leg</c> and <c>stop</c>. Errors are problem
    /// details (RFC 9457). Requests do not start the service: until it has started, they get status 503.
    /// </summary>
    /// <param name="endpoints">The application. Its services include an <see cref="ActorSystem"/>, as those of
    /// Akka.Hosting do.</param>
    /// <param name="configure">Sets the options; null: nothing can be changed.</param>
    /// <returns>All mapped endpoints, for example for <c>RequireAuthorization</c> or <c>RequireHost</c>.</returns>
    public static RouteGroupBuilder MapDmIo(
        this IEndpointRouteBuilder endpoints, Action<DmIoEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var options = new DmIoEndpointOptions();
        configure?.Invoke(options);
        var group = endpoints.MapGroup(Prefix);
        StatusEndpoints.Map(group);
        if (options.AllowOperations)
        {
            VolumeOperations.Map(group);
        }

        return group;
    }
}
