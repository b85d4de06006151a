using System.Text;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.AspNetCore.Tests;

/// <summary>Random requests are answered with an error of the client, never with one of the server, and none
/// hangs.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Operations =
        ["verify", "resync", "add-leg", "add-witness", "replace-leg", "remove-leg", "nothing", "%00", "..", "%2e%2e"];

    private static readonly string[] Values =
    [
        "null", "true", "-1", "1e999", "9223372036854775807", "\"\"", "\"\\u0000\"", "\"/\\u0000\"", "\"\\ud800\"",
        "\"/\"", "\"nbd://\"", "\"x://y\"", "\"a@b\"", "\"a,b\"", "[]", "{}", "\"/dev/null\"", "\"99\"", "\"vol:a\"",
    ];

    private static readonly string[] Members = ["device", "member", "force", "createBytes", "start", "other"];

    [Fact]
    public async Task Any_json_is_refused_with_a_reason()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        await FuzzPlan.RunAsync(seed, async random =>
        {
            var body = "{" + string.Join(",", Enumerable.Range(0, random.Next(4)).Select(
                _ => $"\"{random.GetItems(Members, 1)[0]}\":{random.GetItems(Values, 1)[0]}")) + "}";
            body = random.Next(8) == 0 ? body[..random.Next(body.Length)] : body;
            var path = $"volumes/{(random.Next(4) == 0 ? "%ff%00" : "v")}/{random.GetItems(Operations, 1)[0]}";
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await host.Client.PostAsync(path, content);
            Assert.True((int)answer.StatusCode is 200 or (>= 400 and < 500), $"{path} {body}: {answer}");
        });
    }

    [Fact]
    public async Task Any_bytes_are_refused()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        var valid = Encoding.ASCII.GetBytes(
            "POST /dmio/v1/volumes/v/add-leg HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 14\r\nConnection: close\r\n\r\n{\"device\":\"x\"}");
        await FuzzPlan.RunAsync(seed, async random =>
        {
            var request = (byte[])valid.Clone();
            for (var changes = random.Next(1, 8); changes > 0; changes--)
            {
                request[random.Next(request.Length)] = (byte)random.Next(256);
            }

            var answer = await host.SendRawAsync(request[..random.Next(1, request.Length + 1)]);

            // 505: the version of the protocol was changed.
            var isRefused = answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal)
                || answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal);
            Assert.True(answer.Length == 0 || isRefused, answer);
        });
        Assert.Equal("Healthy", (await host.GetAsync("volumes/v")).GetProperty("state").GetString());
    }
}
