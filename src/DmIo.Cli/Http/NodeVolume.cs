using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;

namespace DmIo.Cli.Http;

/// <summary>An open volume of a running service: <c>--node</c> and <c>--volume</c>.</summary>
internal sealed class NodeVolume : IDisposable
{
    private readonly RunContext context;
    private readonly NodeClient client;
    private readonly string name;

    private NodeVolume(RunContext context, NodeClient client, string name)
    {
        this.context = context;
        this.client = client;
        this.name = name;
    }

    /// <summary>The service. A user that can connect to its unix socket may change its volumes.</summary>
    internal static Option<string?> Node { get; } = new("--node", "-n")
    {
        Description = "The running service that has the volume open, instead of --leg: its unix socket (--monitor of "
            + "dmio serve), or an URL (http://127.0.0.1:8080).",
        HelpName = "ENDPOINT",
    };

    internal static Option<string?> Volume { get; } = new("--volume")
    {
        Description = "The name of the volume in the service of --node. [default: its only open volume]",
        HelpName = "NAME",
    };

    /// <exception cref="RefusedException">There is no such service or volume, or the service has several
    /// volumes.</exception>
    internal static async Task<NodeVolume> OpenAsync(ParseResult parsed, RunContext context)
    {
        var node = new NodeClient(parsed.GetValue(Node)!);
        try
        {
            return new NodeVolume(
                context,
                node,
                parsed.GetValue(Volume) ?? (await ListAsync(node, context.Interrupted)).Volumes switch
                {
                    [var only] => only.Volume,
                    [] => throw new RefusedException("the service has no open volume."),
                    var several => throw new RefusedException(
                        $"the service has {several.Count} open volumes; give --volume NAME, one of "
                        + $"{string.Join(", ", several.Select(volume => $"'{volume.Volume}'"))}."),
                });
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>The open volumes of the service of <see cref="Node"/>.</summary>
    internal static async Task<VolumesDocument> ListAsync(ParseResult parsed, RunContext context)
    {
        using var node = new NodeClient(parsed.GetValue(Node)!);
        return await ListAsync(node, context.Interrupted);
    }

    public void Dispose() => client.Dispose();

    internal async Task<VolumeReport> GetAsync() => VolumeReport.Of(await client.GetAsync(
        $"volumes/{Uri.EscapeDataString(name)}", EndpointJson.Default.VolumeDocument, context.Interrupted));

    /// <summary>Runs an operation, with a progress bar.</summary>
    /// <param name="operation">The last part of the path.</param>
    /// <param name="body">The request.</param>
    /// <param name="type">The type of the request.</param>
    /// <param name="reached">Gets each report of progress; null: only the bar does.</param>
    internal async Task<OperationLine> RunAsync<T>(
        string operation, T body, JsonTypeInfo<T> type, Action<OperationProgress>? reached = null)
    {
        OperationLine? last = null;
        var progress = new TransferProgress();
        await context.TimeAsync(progress, async () => last = await client.RunAsync(
            name,
            operation,
            body,
            type,
            report =>
            {
                progress.Add(Math.Max(0, report.DoneBytes - progress.DoneBytes));
                reached?.Invoke(report);
            },
            context.Interrupted));
        return last!;
    }

    /// <summary>The name of a device for the service: as it is, if it is one of the service or an URI; otherwise it is
    /// a path, which is made absolute.</summary>
    internal async Task<string> DeviceOfAsync(string text)
    {
        var devices = await client.GetAsync("devices", EndpointJson.Default.DevicesDocument, context.Interrupted);
        return text.Contains("://", StringComparison.Ordinal) || devices.Devices.Any(device => device.Name == text)
            ? text
            : Path.GetFullPath(text);
    }

    private static Task<VolumesDocument> ListAsync(NodeClient node, CancellationToken end) =>
        node.GetAsync("volumes", EndpointJson.Default.VolumesDocument, end);
}
