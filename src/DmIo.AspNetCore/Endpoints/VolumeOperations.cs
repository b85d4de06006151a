using System.Globalization;
using DmIo.Actors.Client;
using DmIo.AspNetCore.Documents;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DmIo.AspNetCore.Endpoints;

/// <summary>The operations on open volumes. The cancellation of a request ends a comparison, and the wait for a change,
/// not the change, as it does for calls of <see cref="Volume"/>.</summary>
internal static class VolumeOperations
{
    internal static void Map(RouteGroupBuilder group)
    {
        var operations = group.MapGroup("/volumes/{volume}");
        operations.MapPost("/verify", Requests.For(VerifyAsync));
        operations.MapPost("/resync", Requests.For(ResyncAsync));
        operations.MapPost("/add-leg", Requests.For(AddLegAsync));
        operations.MapPost("/add-witness", Requests.For(AddWitnessAsync));
        operations.MapPost("/replace-leg", Requests.For(ReplaceAsync));
        operations.MapPost("/remove-leg", Requests.For(RemoveAsync));
        operations.MapPost("/grow", Requests.For(GrowAsync));
        operations.MapPost("/stop", Requests.For(StopAsync));
    }

    private static async Task VerifyAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var start = (await Requests.ReadAsync(context, EndpointJson.Default.VerifyRequest, end)).Start;
        var size = (await volume.GetStatusAsync().WaitAsync(end)).Record.Size.Bytes;
        if (start < 0 || start > size)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, $"start is {start}; the volume has the offsets 0 to {size}.");
        }

        var progress = new OperationStream.Latest<VerifyProgress>();
        await OperationStream.RunAsync(
            context,
            async end => new OperationLine
            {
                Verify = VerifyDocument.Of(await volume.VerifyAsync(ByteSize.FromBytes(start), progress, end)),
            },
            () => Task.FromResult(progress.TryGet(out var value)
                ? new OperationProgress(value.Next.Bytes, value.Size.Bytes)
                : null),
            end);
    }

    private static async Task GrowAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var wanted = (await Requests.ReadAsync(context, EndpointJson.Default.GrowRequest, end)).Bytes;
        if (wanted < 0)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, $"sizeBytes is {wanted}; a size is a positive multiple of 512.");
        }

        var before = (await volume.GetStatusAsync().WaitAsync(end)).Record.Size.Bytes;
        var progress = new OperationStream.Latest<ByteSize>();
        ByteSize? size = wanted is { } bytes ? ByteSize.FromBytes(bytes) : null;
        await OperationStream.RunAsync(
            context,
            end => EndAsync(volume, volume.GrowAsync(size, progress, end), end),
            () => Task.FromResult(progress.TryGet(out var zeroed)
                ? new OperationProgress(zeroed.Bytes, wanted - before ?? zeroed.Bytes)
                : null),
            end);
    }

    private static async Task ResyncAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        _ = await Requests.ReadAsync(context, EndpointJson.Default.EmptyRequest, end);
        await OperationStream.RunAsync(
            context, end => EndAsync(volume, volume.UntilInSyncAsync(end), end), CopyOf(volume), end);
    }

    private static async Task AddLegAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var request = await Requests.ReadAsync(context, EndpointJson.Default.AddMemberRequest, end);
        var (leg, options) = (LegDevices.Parse(request.Device), new MemberOptions(request.Force));
        await ChangeAsync(
            context, service, volume, leg, request.CreateBytes, end => volume.AddLegAsync(leg, options, end), end);
    }

    private static async Task AddWitnessAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var request = await Requests.ReadAsync(context, EndpointJson.Default.AddMemberRequest, end);
        var (device, options) = (request.Device, new MemberOptions(request.Force));
        await ChangeAsync(
            context,
            service,
            volume,
            new LegDevices(device),
            request.CreateBytes,
            end => volume.AddWitnessAsync(device, options, end),
            end);
    }

    private static async Task ReplaceAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var request = await Requests.ReadAsync(context, EndpointJson.Default.ReplaceLegRequest, end);
        var member = await MemberOfAsync(volume, request.Member, end);
        var (leg, options) = (LegDevices.Parse(request.Device), new MemberOptions(request.Force));
        await ChangeAsync(
            context,
            service,
            volume,
            leg,
            request.CreateBytes,
            end => volume.ReplaceLegAsync(member, leg, options, end),
            end);
    }

    /// <summary>Opens the devices of a new member, and changes the volume.</summary>
    private static async Task ChangeAsync(
        HttpContext context,
        DmIoService service,
        Volume volume,
        LegDevices added,
        long? createBytes,
        Func<CancellationToken, Task> change,
        CancellationToken end)
    {
        await using var data = await NewDevice.AttachAsync(service, volume, added.Data, createBytes, end);
        await using var metadata = await NewDevice.AttachMetadataAsync(service, volume, added, end);
        await OperationStream.RunAsync(
            context, end => EndAsync(volume, change(end), end), CopyOf(volume), end);
    }

    private static async Task RemoveAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        var request = await Requests.ReadAsync(context, EndpointJson.Default.RemoveMemberRequest, end);
        var isNumber = int.TryParse(
            request.Member, NumberStyles.None, CultureInfo.InvariantCulture, out var member)
            && (await volume.GetStatusAsync().WaitAsync(end)).Legs.All(leg => leg.Device != request.Member);
        await OperationStream.RunAsync(
            context,
            end => EndAsync(
                volume,
                isNumber ? volume.RemoveAsync(member, end) : volume.RemoveAsync(request.Member, end),
                end),
            CopyOf(volume),
            end);
    }

    private static async Task StopAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volume = StatusEndpoints.VolumeOf(context, service);
        _ = await Requests.ReadAsync(context, EndpointJson.Default.EmptyRequest, end);
        var before = await volume.GetStatusAsync().WaitAsync(end);
        await OperationStream.RunAsync(
            context,
            async end =>
            {
                await volume.StopAsync().WaitAsync(end);
                return new OperationLine
                {
                    Volume = VolumeDocument.Of(volume.Id, before with { State = VolumeState.Stopped }),
                };
            },
            () => Task.FromResult<OperationProgress?>(null),
            end);
    }

    private static async Task<OperationLine> EndAsync(Volume volume, Task change, CancellationToken end)
    {
        await change;
        return new OperationLine { Volume = await VolumeDocument.OfAsync(volume, end) };
    }

    /// <summary>Reads how far the copies to legs have come.</summary>
    private static Func<Task<OperationProgress?>> CopyOf(Volume volume) => async () =>
    {
        var copies = (await volume.GetStatusAsync()).Legs.Select(leg => leg.Resync).OfType<ResyncProgress>().ToList();
        var copied = copies.Sum(copy => copy.Copied.Bytes);
        return copies.Count == 0 ? null : new OperationProgress(copied, copied + copies.Sum(copy => copy.Left.Bytes));
    };

    /// <summary>The leg on a device, or with a number.</summary>
    private static async Task<int> MemberOfAsync(Volume volume, string text, CancellationToken end) =>
        (await volume.GetStatusAsync().WaitAsync(end)).Legs.FirstOrDefault(leg => leg.Device == text) is { } leg
            ? leg.Member
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var member)
                ? member
                : throw new RequestException(
                    StatusCodes.Status409Conflict,
                    $"'{text}' is no leg of '{volume.Name}' that was found; give the device of a leg, or its number.");
}
