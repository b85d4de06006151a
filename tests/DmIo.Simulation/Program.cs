using DmIo.Simulation;

return await SimulationCommand.Create().Parse(args).InvokeAsync();
