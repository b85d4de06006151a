using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Hosting;
using DmIo.Hosting.Servers;
using OpenTelemetry.Metrics;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDmIoClient("journal", pages: 64);
builder.Services.AddAkka("app", akka => akka
    .WithDmIo(builder.Configuration.GetSection("DmIo"))
    .WithNbdServer("disks", server => server.Listen("127.0.0.1:0").Export("disk", "left"))
    .WithDmIoLivenessCheck().WithDmIoReadinessCheck());
builder.Services.AddHealthChecks();
builder.Services.AddOpenTelemetry().WithMetrics(meters => meters.AddDmIoInstrumentation().AddPrometheusExporter());

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapPrometheusScrapingEndpoint();
app.MapGet("/disk", (HostedNbdServers servers) => servers["disks"].UrisOf("disk")[0].ToString());
app.MapPost("/page/{page}", async (long page, HttpRequest body, [FromKeyedServices("journal")] IoClient journal) =>
{
    var data = new byte[4096];
    await body.Body.ReadAtLeastAsync(data, data.Length, throwOnEndOfStream: false);
    (await journal.WriteAsync([new("left", page * 8, 8), new("right", page * 8, 8)], data)).ThrowIfFailed();
});
app.Run();
