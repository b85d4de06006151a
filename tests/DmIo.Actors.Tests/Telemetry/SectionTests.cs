using System.Text.Json;
using DmIo.Actors.Tests.Client;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>Sections that other modules add to the statistics of a service.</summary>
public sealed class SectionTests
{
    [Fact]
    public async Task Sections_are_shown_by_name_in_the_order_of_their_addition()
    {
        await using var running = new RunningService();
        running.Service.AddSection("servers", () => Element("1"));
        running.Service.AddSection("clients", () => Element("2"));
        running.Service.AddSection("servers", () => Element("3"));

        var sections = (await running.Service.GetStatisticsAsync().InTime()).Sections;

        Assert.Equal(2, sections.Count);
        Assert.Equal([1, 3], sections["servers"].Select(section => section.GetInt32()));
        Assert.Equal([2], sections["clients"].Select(section => section.GetInt32()));
    }

    [Fact]
    public async Task Sections_are_read_for_each_snapshot()
    {
        var count = 0;
        await using var running = new RunningService();
        running.Service.AddSection("count", () => Element($"{++count}"));

        await running.Service.GetStatisticsAsync().InTime();
        var second = await running.Service.GetStatisticsAsync().InTime();

        Assert.Equal(2, second.Sections["count"][0].GetInt32());
    }

    [Fact]
    public async Task A_disposed_section_is_removed()
    {
        await using var running = new RunningService();
        var section = running.Service.AddSection("servers", () => Element("1"));

        section.Dispose();

        Assert.Empty((await running.Service.GetStatisticsAsync().InTime()).Sections);
    }

    [Fact]
    public async Task A_section_that_throws_fails_the_snapshot_and_not_the_service()
    {
        await using var running = await new RunningService().WithMemoryAsync("disk");
        using (running.Service.AddSection("broken", () => throw new InvalidOperationException("broken")))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => running.Service.GetStatisticsAsync().InTime());
        }

        Assert.Single((await running.Service.GetStatisticsAsync().InTime()).Devices);
    }

    private static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
