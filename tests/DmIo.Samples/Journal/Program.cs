using System.Text;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Samples;
using static DmIo.Actors.Protocol.ServiceProtocol;

// Writes a journal that is mirrored on two files: journal DIRECTORY
// With a third copy on the export of an NBD server: journal DIRECTORY URI
var directory = Directory.CreateDirectory(args[0]).FullName;
var system = ActorSystem.Create("journal", $$"""
    akka.stdout-loglevel = OFF
    akka.loglevel = WARNING
    dmio.devices {
      left {
        backend = file
        path = "{{directory}}/left.img"
        create-size = 1MiB
      }
      right {
        backend = file
        path = "{{directory}}/right.img"
        create-size = 1MiB
      }
    }
    """);
var service = DmIoService.For(system);
string[] legs = ["left", "right"];
if (args.Length > 1)
{
    await service.AttachAsync("remote", args[1]);
    legs = ["left", "right", "remote"];
}

await using (var client = await service.OpenAsync(pages: 64))
{
    // Each record is durable on every leg when its write completes.
    for (var record = 0; record < 100; record++)
    {
        IoRegion[] copies = [.. legs.Select(leg => new IoRegion(leg, record * 8, 8))];
        var written = await client.WriteAsync(copies, Page(record), new RequestOptions { ForceUnitAccess = true });
        foreach (var index in written.Errors)
        {
            Console.Error.WriteLine($"{copies[index]} failed: {written[index]}");
        }

        written.ThrowIfFailed();
    }

    foreach (var leg in legs)
    {
        for (var record = 0; record < 100; record++)
        {
            var found = new byte[4096];
            (await client.ReadAsync(new IoRegion(leg, record * 8, 8), found)).ThrowIfFailed();
            if (!found.SequenceEqual(Page(record)))
            {
                throw new InvalidDataException($"Record {record} of {leg} differs from the written one.");
            }
        }
    }
}

// The same service by messages: an actor with its own lease, and a query.
var copied = new TaskCompletionSource<IoResult>(TaskCreationOptions.RunContinuationsAsynchronously);
var page = Page(100);
system.ActorOf(Props.Create(() => new CopyActor(service.Supervisor, page, legs, copied)), "copy");
(await copied.Task).ThrowIfFailed();
var devices = await service.Supervisor.Ask<DeviceList>(GetDevices.Instance, TimeSpan.FromSeconds(10));

Console.WriteLine($"101 records on {string.Join(", ", devices.Devices.Select(device => device.Name))}");
await system.Terminate();

static byte[] Page(int record)
{
    var page = new byte[4096];
    Encoding.UTF8.GetBytes($"record {record}", page);
    return page;
}
