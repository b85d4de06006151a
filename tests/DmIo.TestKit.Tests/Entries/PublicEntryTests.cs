using System.Reflection;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>
/// Every public constructor and method of our public assemblies, found by reflection so that none is forgotten, with
/// values that nobody should give: it does what it says, or throws an exception that names the parameter.
/// </summary>
public sealed class PublicEntryTests(ITestOutputHelper output)
{
    private static readonly NullabilityInfoContext Nullability = new();

    [Fact]
    public async Task Null_is_refused_by_the_name_of_the_parameter()
    {
        await using var maker = await Maker.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var entry in PublicEntry.All)
        {
            foreach (var parameter in entry.Method.GetParameters().Where(MayNotBeNull))
            {
                if (Excused.FromNull(entry, parameter))
                {
                    continue;
                }

                calls++;
                var fault = await CallAsync(maker, entry, parameter, null);
                if (!(fault is ArgumentException { ParamName: { } named } && named == parameter.Name)
                    && fault is not IoRefusedException)
                {
                    faults.Add($"{entry}, {parameter.Name} is null: {fault?.GetType().Name}: {fault?.Message}");
                }
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await maker.IsWellAsync());
    }

    [Fact]
    public async Task Numbers_without_sense_are_refused_or_make_sense()
    {
        await using var maker = await Maker.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var entry in PublicEntry.All.Where(one => !Excused.FromNumbers(one)))
        {
            foreach (var parameter in entry.Method.GetParameters())
            {
                foreach (var value in HostileNumbers.Of(parameter.ParameterType))
                {
                    calls++;
                    var fault = await CallAsync(maker, entry, parameter, value);
                    if (!IsMeant(entry, fault) && !Excused.LacksMemory(entry, fault))
                    {
                        faults.Add($"{entry}, {parameter.Name} is {value}: {fault!.GetType().Name}: {fault.Message}");
                    }
                }
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await maker.IsWellAsync());
    }

    [Fact]
    public async Task Options_without_sense_are_refused_or_make_sense()
    {
        await using var maker = await Maker.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var (entry, parameter, property, value) in HostileOptions.All)
        {
            if (Excused.FromOptions(entry, parameter.ParameterType))
            {
                continue;
            }

            calls++;
            var options = HostileOptions.With(maker.Value(parameter.ParameterType)!, property, value);
            var fault = await CallAsync(maker, entry, parameter, options);
            if (!IsMeant(entry, fault))
            {
                faults.Add($"{entry}, {property.Name} is {value}: {fault!.GetType().Name}: {fault.Message}");
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await maker.IsWellAsync());
    }

    private static bool IsMeant(PublicEntry entry, Exception? fault) => fault switch
    {
        null or IoRefusedException or DeviceOpenException => true,
        ArgumentException named => Array.Exists(entry.Method.GetParameters(), one => one.Name == named.ParamName),
        _ => false,
    };

    /// <summary>With right values but for one.</summary>
    private static Task<Exception?> CallAsync(Maker maker, PublicEntry entry, ParameterInfo parameter, object? value)
    {
        var method = entry.Method;
        object?[] arguments =
            [.. method.GetParameters().Select(one => one.IsOut ? null : maker.Value(one.ParameterType))];
        arguments[parameter.Position] = value;
        return entry.CallAsync(
            method.IsStatic || method.IsConstructor ? null : maker.Value(method.DeclaringType!), arguments);
    }

    private static bool MayNotBeNull(ParameterInfo parameter) =>
        !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef
        && Nullability.Create(parameter).WriteState == NullabilityState.NotNull;
}
